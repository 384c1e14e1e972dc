import './workers.ts';
import './style.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { runOperation } from './fetcher.ts';
import { LastTypedHeaders } from './last-typed-headers.ts';
import { loadReadyTabs, RestoreExamplesButton, seedFreshVisitor } from './ready-tabs.tsx';

// the editor measures its font once, so the font has to be there; any other will do where it does not come
await document.fonts.load('15px "Fira Code"').catch(() => []);
const readyTabs = await loadReadyTabs();
seedFreshVisitor(readyTabs);

createRoot(document.getElementById('playground')!).render(
  <GraphiQL
    fetcher={runOperation}
    defaultTabs={readyTabs.length > 0 ? readyTabs : undefined}
    defaultEditorToolsVisibility={true}
    inputValueDeprecation={true}
    schemaDescription={true}
    // without this GraphiQL forgets at the next visit that its "Persist headers" setting was turned on
    shouldPersistHeaders={localStorage.getItem('graphiql:shouldPersistHeaders') === 'true' ? true : undefined}
  >
    <GraphiQL.Logo>Natrium</GraphiQL.Logo>
    <GraphiQL.Toolbar>
      {({ prettify, merge, copy }) => (
        <>
          {prettify}
          {merge}
          {copy}
          <RestoreExamplesButton readyTabs={readyTabs} />
        </>
      )}
    </GraphiQL.Toolbar>
    <LastTypedHeaders />
  </GraphiQL>,
);
