import type { GraphQLSchema } from 'graphql';
import { NatriumError } from '../errors.ts';
import { isStorable } from '../registry/structures/storable-texts.ts';

/** The text of a file: its parser answers for damage, item by item. */
const FILE_TEXT = 'content';

/** Refuses texts that cannot be stored, with NUL or half a surrogate pair, before any resolver sees them. */
export function refuseUnstorableTexts(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!]) {
    for (const field of Object.values(type.getFields())) {
      const step = field.subscribe === undefined ? 'resolve' : 'subscribe';
      const resolve = field[step]!;
      field[step] = (root, args, context, info) => {
        for (const [name, value] of Object.entries(args)) checkTexts(value, name);
        return resolve(root, args, context, info);
      };
    }
  }
}

function checkTexts(value: unknown, path: string): void {
  if (typeof value === 'string' && !isStorable(value)) {
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${path} holds a NUL character or half a surrogate pair, which no text may; remove it`,
    );
  }
  if (value === null || typeof value !== 'object') return;
  for (const [name, each] of Object.entries(value)) {
    if (name !== FILE_TEXT) checkTexts(each, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`);
  }
}
