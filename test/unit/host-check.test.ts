import { expect, test } from 'vitest';
import { HostCheck } from '../../src/http/host-check.ts';

test.each([
  { host: 'FD00:0:0::1', allowedHosts: [] },
  { host: '0.0.0.0', allowedHosts: ['[fd00:0::1]'] },
])('an IPv6 address is one however it is written: $host $allowedHosts', (reach) => {
  const check = new HostCheck({ ...reach, publicUrl: null });
  for (const host of ['[fd00::1]:4000', '[FD00::1]', '[fd00:0:0:0::1]:80']) {
    expect(check.refusalOf({ host })).toBeNull();
  }
  expect(check.refusalOf({ host: '[fd00::2]:4000' })).toMatchObject({ status: 421 });
});
