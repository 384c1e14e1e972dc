import type { Config } from '../config.ts';
import { NatriumError } from '../errors.ts';
import { connectDatabase, migrate } from '../store/database.ts';
import type { Print } from './print.ts';

/** `natrium migrate`: for those who bring the database up to date before they start servers. */
export async function migrateDatabase(config: Config, print: Print): Promise<void> {
  if (config.databaseUrl === null) {
    throw new NatriumError('BAD_USER_INPUT', 'set DATABASE_URL; the embedded database is migrated when it starts');
  }
  const dataSource = await connectDatabase(config.databaseUrl, 'natrium migrate');
  try {
    const applied = await migrate(dataSource);
    print(applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`);
  } finally {
    await dataSource.destroy();
  }
}
