import { parse } from 'yaml';

export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: { readonly test: readonly string[] };
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** `${NAME}`, `${NAME:-default}` and `${NAME:?why}`, as the Compose specification has them. */
const VARIABLE = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

/** Reads a compose file with these variables; throws where one is missing that must not be. */
export function readCompose(text: string, variables: Readonly<Record<string, string>>): Compose {
  const fill = (value: string) =>
    value.replace(VARIABLE, (_, name: string, how: string | undefined, rest: string) => {
      if (variables[name]) return variables[name];
      if (how === '?') throw new Error(`${name}: ${rest}`);
      return how === '-' ? rest : '';
    });
  return parse(text, (_, value) => (typeof value === 'string' ? fill(value) : value), { merge: true }) as Compose;
}

/** The names of all variables of a compose file. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map(([, name]) => name))].sort();
}

/** The instructions of a Dockerfile, each with the number of its stage. */
export interface Instruction {
  readonly stage: number;
  readonly name: string;
  readonly text: string;
}

export function readDockerfile(text: string): Instruction[] {
  let stage = -1;
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => {
      const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line)!;
      if (name === 'FROM') stage += 1;
      return { stage, name, text: rest };
    });
}
