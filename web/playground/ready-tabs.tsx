import { pick, type TabsState, ToolbarButton, useGraphiQL, useGraphiQLActions } from '@graphiql/react';

/** One example as the server's `tabs.json` gives it: `variables` is the text of a JSON object, or null. */
export interface ReadyTab {
  title: string;
  query: string;
  variables: string | null;
}

type Tab = TabsState['tabs'][number];

/** The examples of the server, in order; none where it has none or does not answer. */
export async function loadReadyTabs(): Promise<ReadyTab[]> {
  const response = await fetch('tabs.json');
  return response.ok ? response.json() : [];
}

/**
 * GraphiQL shows the variables of the first tab only if it finds them in its storage, beside the query they belong to.
 * Who has been here before has tabs there, which stay as they are.
 */
export function seedFreshVisitor(readyTabs: readonly ReadyTab[]): void {
  const [first] = readyTabs;
  if (!first || localStorage.getItem('graphiql:tabState') !== null) return;
  localStorage.setItem('graphiql:query', first.query);
  localStorage.setItem('graphiql:variables', first.variables ?? '');
}

/** Brings every example back in front, as delivered; the visitor's own tabs, edited examples among them, follow. */
export function RestoreExamplesButton({ readyTabs }: { readyTabs: readonly ReadyTab[] }) {
  const { tabs } = useGraphiQL(pick('tabs'));
  const { moveTab, changeTab } = useGraphiQLActions();

  const restore = () => {
    const restored = readyTabs.map((ready) => tabs.find((tab) => isUnchanged(tab, ready)) ?? newTab(ready));
    moveTab([...restored, ...tabs.filter((tab) => !restored.includes(tab))]);
    changeTab(0);
  };
  return (
    <ToolbarButton label="Restore the examples" onClick={restore}>
      <svg className="graphiql-toolbar-icon" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M8 4 3.5 8.5 8 13M4 8.5h10a6 6 0 0 1 0 12H8" fill="none" stroke="currentColor" strokeWidth="1.5" />
      </svg>
    </ToolbarButton>
  );
}

function isUnchanged(tab: Tab, ready: ReadyTab): boolean {
  return tab.query === ready.query && (tab.variables ?? '') === (ready.variables ?? '');
}

function newTab(ready: ReadyTab): Tab {
  return {
    ...ready,
    // crypto.randomUUID is missing where the page comes over plain http from another host
    id: `${ready.title}-${Date.now()}`,
    hash: [ready.query, ready.variables ?? '', ''].join('|'),
    headers: null,
    operationName: ready.title,
    response: null,
  };
}
