import { request } from 'node:http';

export interface HostAnswer {
  readonly status: number;
  readonly body: string;
}

/** A request that names a host and an origin as it likes, which fetch does not: a POST of `json` if there is any, else a GET. */
export function requestAs(url: string, headers: Readonly<Record<string, string>>, json?: object): Promise<HostAnswer> {
  const [method, type] = json === undefined ? ['GET', {}] : ['POST', { 'content-type': 'application/json' }];
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers, ...type } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    sent.on('error', reject).end(json && JSON.stringify(json));
  });
}
