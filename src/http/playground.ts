import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { readPlaygroundTabs } from './playground-tabs.ts';

/**
 * Nothing from another origin, no inline script, no eval and no frame around the page. Styles may be inline because the
 * editor sets them on its elements; `data:` are the page's icon and the small pictures in the editor's style sheet.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const projectDirectory = fileURLToPath(new URL('../..', import.meta.url));

export interface PlaygroundOptions {
  /** Where `scripts/bundle-playground.mjs` put the bundle; `dist/playground` of this package unless told. */
  bundleDirectory?: string;
  /** The folder of the ready tabs, see `readPlaygroundTabs`; `examples/playground` of this package unless told. */
  examplesDirectory?: string;
}

/**
 * The GraphQL playground, to be mounted next to the endpoint: `app.use('/playground', playgroundRouter())` talks to
 * `/graphql`. Serves the page, its assets (named by their content, hence cached for a year) and `tabs.json`, the ready
 * tabs, which are read once, here. Everything comes with a Content-Security-Policy that allows this origin only.
 *
 * Without a bundle every request is answered 503, saying how to make one; the API does not depend on it.
 *
 * @throws NatriumError MALFORMED_FILE where an example is not what `readPlaygroundTabs` wants.
 */
export function playgroundRouter(options: PlaygroundOptions = {}): Router {
  const bundleDirectory = options.bundleDirectory ?? join(projectDirectory, 'dist/playground');
  const tabs = readPlaygroundTabs(options.examplesDirectory ?? join(projectDirectory, 'examples/playground'));

  const router = express.Router();
  router.use(setSecurityHeaders);
  if (!existsSync(join(bundleDirectory, 'index.html'))) {
    router.use((_request, response) => {
      response
        .status(503)
        .type('text/plain')
        .send(
          'The playground has not been built: run `node scripts/bundle-playground.mjs` and start the server again.\n',
        );
    });
    return router;
  }

  router.get('/', (request, response) => {
    const path = request.originalUrl.split('?', 1)[0];
    // the page's own links are relative to its folder
    if (!path.endsWith('/')) return response.redirect(308, `${basename(path)}/`);
    response.set('Cache-Control', 'no-cache').sendFile('index.html', { root: bundleDirectory, cacheControl: false });
  });
  router.get('/tabs.json', (_request, response) => {
    response.set('Cache-Control', 'no-cache').json(tabs);
  });
  router.use(
    '/assets',
    express.static(join(bundleDirectory, 'assets'), { immutable: true, maxAge: '1y', index: false, redirect: false }),
  );
  return router;
}

function setSecurityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  });
  next();
}
