import { pick, useGraphiQL } from '@graphiql/react';
import { useEffect, useRef } from 'react';

/**
 * GraphiQL keeps request headers per tab, so a token would have to be typed again in each ready tab. This puts what was
 * last typed into the headers editor into every tab that is opened without headers of its own; nothing is stored.
 */
export function LastTypedHeaders(): null {
  const { tabs, activeTabIndex, headerEditor } = useGraphiQL(pick('tabs', 'activeTabIndex', 'headerEditor'));
  const activeTabId = tabs[activeTabIndex]?.id;
  const lastTyped = useRef<string>(undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: opening another tab is what this reacts to
  useEffect(() => {
    if (!headerEditor) return;
    lastTyped.current ??= headerEditor.getValue();
    if (headerEditor.getValue().trim() === '' && lastTyped.current !== '') headerEditor.setValue(lastTyped.current);
    const subscription = headerEditor.onDidChangeModelContent((change) => {
      // a flush is a tab being opened, not somebody typing
      if (!change.isFlush) lastTyped.current = headerEditor.getValue();
    });
    return () => subscription.dispose();
  }, [activeTabId, headerEditor]);
  return null;
}
