import { type TestServer, until } from './server.ts';

export interface StudyAnswer {
  readonly id: string;
  readonly state: string;
  readonly reportUrl: string;
  readonly progress: { readonly step: number; readonly steps: number; readonly secondsLeft: number | null };
  readonly settings: { readonly epochs: number; readonly seeds: readonly number[]; readonly alphas: readonly number[] };
  readonly largestTestCluster: { readonly size: number };
  readonly parts: readonly {
    readonly name: string;
    readonly kind: string;
    readonly features: string | null;
    readonly target: string;
    readonly loss: string | null;
    readonly leftOut: string | null;
    readonly paperRmsePpm: number | null;
    readonly trainingRun: {
      readonly id: string;
      readonly state: string;
      readonly featureSet: { readonly reference: string; readonly featureNames: readonly string[] } | null;
      readonly trials: readonly { readonly seed: number; readonly state: string }[];
    } | null;
    readonly modelVersion: { readonly reference: string } | null;
  }[];
}

const STUDY = `id state reportUrl progress { step steps secondsLeft } settings { epochs seeds alphas } largestTestCluster { size }
  parts {
    name kind features target loss leftOut paperRmsePpm
    trainingRun { id state featureSet { reference featureNames } trials { seed state } } modelVersion { reference }
  }`;

export const RUN_STUDY = `mutation ($input: RunStudyInput!) { study: runStudy(input: $input) { ${STUDY} } }`;

export async function runStudy(server: TestServer, input: object): Promise<StudyAnswer> {
  return (await server.request<{ study: StudyAnswer }>(RUN_STUDY, { input })).study;
}

export async function changeStudy(server: TestServer, mutation: string, study: string): Promise<StudyAnswer> {
  const query = `mutation ($study: ID!) { study: ${mutation}(input: { study: $study }) { ${STUDY} } }`;
  return (await server.request<{ study: StudyAnswer }>(query, { study })).study;
}

export async function readStudy(server: TestServer, id: string): Promise<StudyAnswer> {
  const { study } = await server.request<{ study: StudyAnswer }>(`query ($id: ID!) { study(id: $id) { ${STUDY} } }`, {
    id,
  });
  return study;
}

/** The study once it is such as wanted. */
export function studyWhen(
  server: TestServer,
  id: string,
  what: string,
  wanted: (study: StudyAnswer) => boolean,
): Promise<StudyAnswer> {
  return until(
    async () => {
      const study = await readStudy(server, id);
      return wanted(study) && study;
    },
    `study ${what}`,
    180,
  );
}

export function studyEnded(server: TestServer, id: string): Promise<StudyAnswer> {
  return studyWhen(server, id, 'at its end', ({ state }) => state !== 'QUEUED' && state !== 'RUNNING');
}
