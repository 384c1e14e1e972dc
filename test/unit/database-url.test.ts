import { expect, test } from 'vitest';
import { connectDatabase } from '../../src/store/database.ts';
import { schemaOf } from '../../src/store/schema-version.ts';

// nothing listens on port 1
test.each([
  ['postgres://u:hunter2@127.0.0.1:1/d', 'postgres://u:***@127.0.0.1:1/d'],
  ['postgres://u:x@hunter2@127.0.0.1:1/d', 'postgres://u:***@127.0.0.1:1/d'],
  ['postgres://127.0.0.1:1/d?user=u&password=hunter2', 'postgres://127.0.0.1:1/d'],
  ['postgres://u:hunter2%ZZ@127.0.0.1:1/d', 'postgres://u:***@127.0.0.1:1/d'],
])('a database that cannot be reached is named without its password: %s', async (url, shown) => {
  const error = await connectDatabase(url, 'test').catch((reason: Error) => reason);
  expect(error).toMatchObject({ code: 'UNAVAILABLE' });
  const { message } = error as Error;
  expect(message.startsWith(`cannot reach the database at ${shown}: `)).toBe(true);
  expect(message).toMatch(/^(?!.*hunter2)[^\n]+; check DATABASE_URL$/);
});

test('a database that goes away while its schema is asked for is away', async () => {
  const query = () => Promise.reject(new Error('Connection terminated unexpectedly'));
  await expect(schemaOf({ query })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
