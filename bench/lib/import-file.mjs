import { createReadStream } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Uploads a file and imports it; answers the counts when all of it is there, and the seconds that took. */
export async function importFile(server, path) {
  const { requested } = await server.ask(
    `mutation { requested: requestUpload(input: { fileName: "bench.extxyz" }) { id url } }`,
  );
  const start = performance.now();
  const response = await fetch(requested.url, {
    method: 'PUT',
    body: createReadStream(path),
    duplex: 'half',
  });
  if (!response.ok) throw new Error(await response.text());
  const { started } = await server.ask(
    `mutation ($uploads: [ID!]!) { started: startImport(input: { uploads: $uploads }) { id } }`,
    { uploads: [requested.id] },
  );
  for (;;) {
    const { found } = await server.ask(
      `query ($id: ID!) { found: import(id: $id) { state failure inserted existing rejected } }`,
      { id: started.id },
    );
    if (found.state === 'FAILED') throw new Error(found.failure);
    if (found.state === 'SUCCEEDED') return { ...found, seconds: (performance.now() - start) / 1e3 };
    await wait(200);
  }
}
