import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { useServer as speakProtocol } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { type HostCheck, type Refusal, refusal } from './host-check.ts';
import type { SubscriptionCounts } from './metrics.ts';
import { requestIdOf } from './request-log.ts';
import { type SubscriptionParts, subscriptionRules } from './subscription-rules.ts';

const PATH = '/graphql';

/** A subscription is a short text; files come by HTTP. */
const LARGEST_MESSAGE_BYTES = 1024 * 1024;
const MOST_CONNECTIONS = 100;
/** Of answers that a client does not read: a subscription waits for its reader, but pongs and errors do not. */
const MOST_UNREAD_BYTES = 16 * 1024 * 1024;
/** A client that does not answer a ping for so long is gone. */
const KEEP_ALIVE_MS = 12_000;
const GOING_AWAY = 1001;
/** For clients to answer that they, too, have closed. */
const CLOSING_MS = 1000;

export interface SubscriptionServer {
  counts(): SubscriptionCounts;
  stop(): Promise<void>;
}

/**
 * Subscriptions by the graphql-transport-ws protocol at the address of the API, for whomever it would answer there. `stop` tells
 * every client that the server goes away.
 */
export function serveSubscriptions(
  server: Server,
  { hostCheck, ...parts }: Omit<SubscriptionParts, 'requestId'> & { readonly hostCheck: HostCheck },
): SubscriptionServer {
  const requestIds = new WeakMap<IncomingMessage, string>();
  const requestId = (request: IncomingMessage) => requestIds.get(request) ?? '';
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE_BYTES });
  sockets.on('headers', (headers, request) => headers.push(`x-request-id: ${requestId(request)}`));
  sockets.on('connection', (socket) => {
    // ws closes it; without this a second error would end the process
    socket.on('error', () => {});
    socket.on('message', () => {
      if (socket.bufferedAmount > MOST_UNREAD_BYTES) socket.terminate();
    });
  });
  const { rules, held } = subscriptionRules({ ...parts, requestId });
  speakProtocol(rules, sockets, KEEP_ALIVE_MS);

  server.on('upgrade', (request, connection, head) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      withoutUpgrade(server, request, connection, head);
      return;
    }
    const refused = hostCheck.refusalOf(request.headers) ?? refusalHere(request, sockets.clients.size);
    if (refused !== null) {
      refuse(connection, refused);
      return;
    }
    requestIds.set(request, requestIdOf(request.headers['x-request-id']));
    sockets.handleUpgrade(request, connection, head, (socket) => sockets.emit('connection', socket, request));
  });
  return {
    counts: () => ({ connections: sockets.clients.size, subscriptions: held() }),
    stop: () => stop(sockets),
  };
}

function refusalHere({ url = '' }: IncomingMessage, connections: number): Refusal | null {
  if (url.split('?', 1)[0] !== PATH) {
    return refusal(404, 'NOT_FOUND', `no WebSocket is served at ${url.slice(0, 100)}; subscriptions are at ${PATH}`);
  }
  if (connections >= MOST_CONNECTIONS) {
    return refusal(503, 'UNAVAILABLE', `${MOST_CONNECTIONS} WebSockets are open, which is the most; try again later`);
  }
  return null;
}

function refuse(connection: Duplex, { status, body }: Refusal): void {
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  connection.on('error', () => {});
  connection.once('finish', () => connection.destroy());
  connection.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

/** Lets a request that offers HTTP/2, as Java's client does, have its answer by HTTP/1.1: Node would drop its body. */
function withoutUpgrade(server: Server, request: IncomingMessage, connection: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!/^(connection|upgrade|http2-settings)$/i.test(rawHeaders[i]))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  connection.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', connection);
}

async function stop(sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.close(GOING_AWAY, 'the server stops');
  const impatience = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, CLOSING_MS);
  await new Promise<void>((resolve) => sockets.close(() => resolve()));
  clearTimeout(impatience);
}
