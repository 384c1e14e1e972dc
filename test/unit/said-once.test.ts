import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SaidOnce } from '../../src/jobs/said-once.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is said twice a second is told once, and again when it was quiet for a while', () => {
  const said = new SaidOnce();
  const told: string[] = [];
  const say = (what: string) => {
    if (said.isNew(what)) told.push(what);
  };
  for (let i = 0; i < 240; i++) {
    say('away');
    if (i === 100) say('shutting down');
    vi.advanceTimersByTime(500);
  }
  expect(told).toEqual(['away', 'shutting down']);
  vi.advanceTimersByTime(31_000);
  say('away');
  expect(told).toEqual(['away', 'shutting down', 'away']);
});
