import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { type UploadReceiver, uploadRouter } from '../../src/http/uploads.ts';
import type { Registry } from '../../src/registry/registry.ts';

const CHUNK = Buffer.alloc(1024 * 1024);
const CHUNKS = 50;

test('whoever is still sending when an upload fails reads why', async () => {
  const receiver: UploadReceiver = {
    async receive(_, content) {
      for await (const _chunk of content) throw new Error('no space left');
    },
  };
  const registry = { uploads: { open: async () => ({ key: 'key' }) } } as unknown as Registry;
  const app = express().use('/uploads', uploadRouter(registry, receiver));
  app.use(((_error, _request, response, _next) => void response.sendStatus(507)) as express.ErrorRequestHandler);
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));

  const { port } = server.address() as AddressInfo;
  const sent = request({
    ...{ port, method: 'PUT', path: '/uploads/key' },
    headers: { 'content-length': CHUNKS * CHUNK.length },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
  });
  const body = Readable.from(Array.from({ length: CHUNKS }, () => CHUNK));
  const [answer] = await Promise.all([answered, pipeline(body, sent)]);
  expect(answer.statusCode).toBe(507);
  answer.resume();
});
