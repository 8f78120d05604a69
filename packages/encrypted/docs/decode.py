"""Decodes envelopes of @agent-sessions/encrypted, as envelope.md describes them.

    python3 decode.py vectors.json                        checks the vectors
    python3 decode.py KEY_HEX SESSION_ID [CONTEXT_JSON] [OWNER] < records

The second form prints the item of each record, one record a line on standard input.
"""

import base64, hashlib, hmac, json, re, sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ENVELOPE = re.compile(
    r'\{"v":1,"kid":"([!#-\[\]-~]{1,512})","kc":"([A-Za-z0-9+/]{32})",'
    r'"iv":"([A-Za-z0-9+/]{16})","ts":(0|[1-9][0-9]{0,14}),"ct":"([A-Za-z0-9+/]+={0,2})"\}'
)


def binding_of(owner, session_id, context):
    entries = sorted((name.encode(), value.encode()) for name, value in context.items())
    digest = hashlib.sha256(b"agent-sessions/binding/1\0")
    for text in [owner.encode(), session_id.encode(), *(text for entry in entries for text in entry)]:
        digest.update(len(text).to_bytes(4, "big") + text)
    return digest.digest()


def key_of_passphrase(passphrase, binding):
    salt = b"agent-sessions/passphrase/1\0" + binding
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**17, r=8, p=1, maxmem=2**28, dklen=32)


def derive(key, binding, name, length=32):
    """HKDF-SHA256 (RFC 5869), whose first block is enough."""
    extracted = hmac.digest(binding, key, "sha256")
    return hmac.digest(extracted, f"agent-sessions/{name}/1".encode() + b"\1", "sha256")[:length]


def decode(record, key, binding):
    """The text of an item. Raises an exception if the record is not exactly as the key sealed it."""
    match = ENVELOPE.fullmatch(record)
    if match is None:
        raise ValueError("not an envelope")
    kid, kc, iv, ts, ct = match.groups()
    commitment = derive(key, binding, "commitment", 24)
    if not hmac.compare_digest(base64.b64decode(kc), commitment):
        raise ValueError("sealed with another key, or for another session or context")
    sealed = base64.b64decode(ct)
    if base64.b64encode(sealed).decode() != ct:
        raise ValueError("another spelling of the ciphertext")
    associated = f"agent-sessions/envelope\0{1}\0{kid}\0".encode() + binding + int(ts).to_bytes(8, "big")
    aes = AESGCM(derive(key, binding, "record-key"))
    return aes.decrypt(base64.b64decode(iv), sealed, associated).decode()


if __name__ == "__main__":
    if len(sys.argv) == 2:
        with open(sys.argv[1], encoding="utf-8") as file:
            vectors = json.load(file)
        for vector in vectors:
            bound = binding_of(vector["owner"], vector["sessionId"], vector["context"])
            master = bytes.fromhex(vector["key"])
            if "passphrase" in vector:
                assert key_of_passphrase(vector["passphrase"], bound) == master, vector["name"]
            assert decode(vector["envelope"], master, bound) == vector["plaintext"], vector["name"]
        print(f"{len(vectors)} vectors")
    else:
        key_hex, session, context_json, of = (sys.argv[1:] + ["{}", ""][len(sys.argv) - 3 :])
        bound = binding_of(of, session, json.loads(context_json))
        for line in sys.stdin:
            print(decode(line.rstrip("\n"), bytes.fromhex(key_hex), bound))
