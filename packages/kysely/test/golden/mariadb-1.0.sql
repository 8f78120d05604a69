CREATE TABLE IF NOT EXISTS `agent_schema` (
  component VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  version   BIGINT NOT NULL,
  minor     BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS `agent_sessions` (
  session_id    VARBINARY(512) PRIMARY KEY,
  owner         VARBINARY(255) NOT NULL DEFAULT '',
  name          VARBINARY(512),
  birth         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  revision      BIGINT NOT NULL,
  edition       BIGINT NOT NULL DEFAULT 0,
  token         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lineage       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  item_count    BIGINT NOT NULL DEFAULT 0,
  view_position BIGINT,
  title         LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  archived      BOOLEAN NOT NULL DEFAULT FALSE,
  lease_holder  LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  lease_until   BIGINT,
  lease_number  BIGINT NOT NULL DEFAULT 0,
  metadata      LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL, INDEX `agent_sessions_by_activity` (updated_at DESC, session_id), INDEX `agent_sessions_by_owner` (owner, updated_at DESC, session_id)
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS `agent_messages` (
  id           BIGINT AUTO_INCREMENT PRIMARY KEY,
  session_id   VARBINARY(512) NOT NULL,
  position     BIGINT NOT NULL,
  message_data LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at   BIGINT NOT NULL,
  UNIQUE (session_id, position), FOREIGN KEY (session_id) REFERENCES `agent_sessions` (session_id) ON DELETE CASCADE
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS `agent_operations` (
  session_id    VARBINARY(512) NOT NULL,
  operation_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fingerprint   LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at    BIGINT NOT NULL,
  PRIMARY KEY (session_id, operation_key), FOREIGN KEY (session_id) REFERENCES `agent_sessions` (session_id) ON DELETE CASCADE
) ENGINE = InnoDB;
INSERT INTO agent_schema (component, version, minor) VALUES ('core', 1, 0);
INSERT INTO agent_sessions (session_id, owner, name, birth, revision, edition, token, lineage, item_count, view_position, title, archived, lease_holder, lease_until, lease_number, metadata, created_at, updated_at) VALUES (X'1f6171735933374b396d795752656e784f6e34516e757442656652374a536b43794438714662756766567349', X'626f62', X'706c61696e', 'vGUMuOx3Y2zi', 1, 0, 'kU6akr91X79-', 'tRrNs9McuTO6', 1, null, null, 0, null, null, 0, null, 1796063729537, 1796063729537);
INSERT INTO agent_sessions (session_id, owner, name, birth, revision, edition, token, lineage, item_count, view_position, title, archived, lease_holder, lease_until, lease_number, metadata, created_at, updated_at) VALUES (X'1f6872756b77792d6371463931536c79316e6c466d377470733236646f59486f794f5258465568594b58316b', X'616c696365', X'706c61696e', 'zWvhOm_wijVm', 2, 0, 'xxLFNrAmUJgQ', 'fQlTe1W5ouxz', 2, null, null, 0, null, null, 0, null, 1796063729519, 1796063729519);
INSERT INTO agent_sessions (session_id, owner, name, birth, revision, edition, token, lineage, item_count, view_position, title, archived, lease_holder, lease_until, lease_number, metadata, created_at, updated_at) VALUES (X'636c6561726564', X'', null, 'sRqVwtkn-npQ', 3, 3, 'ZZU7IFJY8wGM', 'TbbKoJlVXXvG', 0, null, null, 0, null, null, 0, null, 1796063729485, 1796063729713);
INSERT INTO agent_sessions (session_id, owner, name, birth, revision, edition, token, lineage, item_count, view_position, title, archived, lease_holder, lease_until, lease_number, metadata, created_at, updated_at) VALUES (X'636f6d706163746564', X'', null, '-TWMfl8Kd8zq', 3, 3, 'W7lNL8bZNSWN', 'CaBKRwBirJ6t', 1, 3, null, 0, null, null, 0, null, 1796063729509, 1796063729753);
INSERT INTO agent_sessions (session_id, owner, name, birth, revision, edition, token, lineage, item_count, view_position, title, archived, lease_holder, lease_until, lease_number, metadata, created_at, updated_at) VALUES (X'676170', X'', null, 'gHTDk39ct62Y', 4, 3, 'n-8nv77FqkW3', 'EYKecHk6XGIC', 2, null, null, 0, null, null, 0, null, 1796063729453, 1796063729695);
INSERT INTO agent_sessions (session_id, owner, name, birth, revision, edition, token, lineage, item_count, view_position, title, archived, lease_holder, lease_until, lease_number, metadata, created_at, updated_at) VALUES (X'6d65746164617461', X'', null, 'v3FWtXaeiHh5', 2, 0, 'mMZ0XQGA4g02', 'pEOqsCtbG0xY', 2, null, null, 0, null, null, 0, '{"title":"Ünïcode","tags":["a","b"]}', 1796063729418, 1796063729557);
INSERT INTO agent_sessions (session_id, owner, name, birth, revision, edition, token, lineage, item_count, view_position, title, archived, lease_holder, lease_until, lease_number, metadata, created_at, updated_at) VALUES (X'6f7065726174696f6e', X'', null, 'QIHe63TZ-r7V', 3, 0, 'UEEvu0boZVzk', 'VGqB_Wd30XJZ', 3, null, null, 0, null, null, 0, null, 1796063729438, 1796063729601);
INSERT INTO agent_sessions (session_id, owner, name, birth, revision, edition, token, lineage, item_count, view_position, title, archived, lease_holder, lease_until, lease_number, metadata, created_at, updated_at) VALUES (X'706c61696e', X'', null, 'IdiZAiHdOZQE', 2, 0, 'pDdvdh4VSNCA', 'AQ1omc1-bNW5', 2, null, null, 0, null, null, 0, null, 1796063729415, 1796063729415);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'706c61696e', 1, '{"role":"user","content":"plain 1"}', 1796063729416);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'706c61696e', 2, '{"role":"user","content":"plain 2"}', 1796063729416);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'6d65746164617461', 1, '{"role":"user","content":"metadata 1"}', 1796063729418);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'6d65746164617461', 2, '{"role":"user","content":"metadata 2"}', 1796063729418);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'6f7065726174696f6e', 1, '{"role":"user","content":"operation 1"}', 1796063729439);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'6f7065726174696f6e', 2, '{"role":"user","content":"operation 2"}', 1796063729439);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'676170', 1, '{"role":"user","content":"gap 1"}', 1796063729457);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'636f6d706163746564', 1, '{"role":"user","content":"summary"}', 1796063729514);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'1f6872756b77792d6371463931536c79316e6c466d377470733236646f59486f794f5258465568594b58316b', 1, '{"role":"user","content":"alice''s 1"}', 1796063729520);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'1f6872756b77792d6371463931536c79316e6c466d377470733236646f59486f794f5258465568594b58316b', 2, '{"role":"user","content":"alice''s 2"}', 1796063729520);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'1f6171735933374b396d795752656e784f6e34516e757442656652374a536b43794438714662756766567349', 1, '{"role":"user","content":"héllo €😀 \\\\ '' \\""}', 1796063729540);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'6f7065726174696f6e', 3, '{"role":"user","content":"applied once"}', 1796063729608);
INSERT INTO agent_messages (session_id, position, message_data, created_at) VALUES (X'676170', 4, '{"role":"user","content":"after the gap"}', 1796063729696);
INSERT INTO agent_operations (session_id, operation_key, fingerprint, created_at) VALUES (X'6f7065726174696f6e', '420c7eb0f00cfe702f9d8d758a221f927eda13cc78d049947ee51239e0fcde89', 'd3232c1023032fe22d89f7645a4df010f4cabbdd78e60ff89a16dd41be8ccfbe', 1796063729605);
