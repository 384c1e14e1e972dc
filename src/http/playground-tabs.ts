import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { NatriumError } from '../errors.ts';

/** One tab of the playground: `variables` is the text of a JSON object, as the editor shows it, or null. */
export interface PlaygroundTab {
  title: string;
  query: string;
  variables: string | null;
}

/**
 * Reads the ready tabs from a folder of `NN-title.graphql` files, each with an optional `NN-title.variables.json` beside
 * it, in the order of their names. A tab's title is the name of the file's first operation: GraphiQL derives it from the
 * text and takes no other. An operation without a name therefore gets one made of the file's title: `03-data-sets.graphql`
 * becomes `query DataSets`. An absent folder holds no tabs.
 *
 * @throws NatriumError MALFORMED_FILE: a file is not GraphQL, holds no operation, its variables are not a JSON object, or
 *   variables belong to no file.
 */
export function readPlaygroundTabs(directory: string): PlaygroundTab[] {
  const files = listFiles(directory);
  for (const file of files.filter((name) => name.endsWith('.variables.json'))) {
    const query = file.replace(/\.variables\.json$/, '.graphql');
    if (!files.includes(query)) throw malformed(directory, file, `belongs to ${query}, which is not there`);
  }
  return files
    .filter((name) => name.endsWith('.graphql'))
    .map((file) => {
      const variablesFile = file.replace(/\.graphql$/, '.variables.json');
      return {
        ...readOperation(directory, file),
        variables: files.includes(variablesFile) ? readVariables(directory, variablesFile) : null,
      };
    });
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readOperation(directory: string, file: string): Pick<PlaygroundTab, 'title' | 'query'> {
  const query = readFileSync(join(directory, file), 'utf8').trimEnd();
  const operation = parseFile(directory, file, query).definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (!operation?.loc) throw malformed(directory, file, 'holds no query, mutation or subscription');
  if (operation.name) return { title: operation.name.value, query };

  const title = titleOfFile(file);
  const { start } = operation.loc;
  const isShorthand = query[start] === '{';
  const afterKeyword = isShorthand ? start : start + operation.operation.length;
  const rest = query.slice(afterKeyword);
  const named = isShorthand ? `query ${title} ${rest}` : `${operation.operation} ${title}${rest}`;
  return { title, query: query.slice(0, start) + named };
}

function parseFile(directory: string, file: string, query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw malformed(directory, file, `is not GraphQL: ${error.message}`, error.locations?.[0]?.line);
  }
}

function readVariables(directory: string, file: string): string {
  const text = readFileSync(join(directory, file), 'utf8').trimEnd();
  let variables: unknown;
  try {
    variables = JSON.parse(text);
  } catch (error) {
    throw malformed(directory, file, `is not JSON: ${(error as Error).message}`);
  }
  if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) {
    throw malformed(directory, file, 'must hold one JSON object, with a key per variable');
  }
  return text;
}

/** `03-data-sets.graphql` -> `DataSets`. */
function titleOfFile(file: string): string {
  const words = file
    .replace(/\.graphql$/, '')
    .replace(/^\d+-/, '')
    .split(/[^A-Za-z0-9]+/);
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(name) ? name : `Example${name}`;
}

function malformed(directory: string, file: string, problem: string, line?: number): NatriumError {
  const place = line === undefined ? file : `${file}, line ${line},`;
  return new NatriumError('MALFORMED_FILE', `The playground example ${place} in ${directory} ${problem}.`, {
    file,
    line,
  });
}
