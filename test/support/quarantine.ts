import type { TestServer } from './server.ts';

export interface VersionState {
  readonly state: 'ACTIVE' | 'ARCHIVED' | 'QUARANTINED';
  readonly quarantinedAt: string | null;
  readonly quarantineReason: string | null;
}

const FIELDS = 'state quarantinedAt quarantineReason';

export async function versionState(server: TestServer, reference: string): Promise<VersionState> {
  const { version } = await server.request<{ version: VersionState }>(
    `query ($reference: String!) { version: modelVersion(modelVersion: $reference) { ${FIELDS} } }`,
    { reference },
  );
  return version;
}

export const VERIFY = `mutation ($input: VerifyModelVersionInput!) { version: verifyModelVersion(input: $input) { ${FIELDS} } }`;

export async function verifyVersion(server: TestServer, modelVersion: string): Promise<VersionState> {
  return (await server.request<{ version: VersionState }>(VERIFY, { input: { modelVersion } })).version;
}
