import type { DatabaseConnection } from 'kysely';

/** Tells if the next statement of a connection fails, which Kysely sends itself. */
export function onNextFailure(
  connection: DatabaseConnection,
  tell: (error: unknown) => void,
): void {
  const { executeQuery } = connection;
  connection.executeQuery = async <R>(...statement: Parameters<typeof executeQuery>) => {
    connection.executeQuery = executeQuery;
    try {
      return await (executeQuery<R>).apply(connection, statement);
    } catch (error) {
      tell(error);
      throw error;
    }
  };
}
