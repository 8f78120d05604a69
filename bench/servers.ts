/** Where the servers are that benchmarks talk to: the same ones as those of the tests. */
export const postgresUrl: string =
  process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
export const mysqlUrl: string = process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/';
export const redisUrl: string = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
