import { type ParseArgsConfig, parseArgs } from 'node:util';
import { NatriumError } from '../errors.ts';

/** How a command reads its options and other arguments, and the error of one that was called wrongly. */
export function commandLine<O extends NonNullable<ParseArgsConfig['options']>>(command: string, options: O) {
  const wrongUse = (message: string) =>
    new NatriumError('BAD_USER_INPUT', `${message}; natrium ${command} --help lists the options`);
  const parse = (args: readonly string[]) => {
    try {
      return parseArgs({ args: [...args], options, allowPositionals: true });
    } catch (error) {
      // the first sentence says what is wrong, those after it how to write what nobody means here
      throw wrongUse((error as Error).message.split(/\. |\n/)[0].replace(/\.$/, ''));
    }
  };
  return { parse, wrongUse };
}

/** The value of an option that is a whole number from 1 on. */
export function wholeNumber(
  option: string,
  text: string | undefined,
  usual: number,
  wrongUse: (message: string) => NatriumError,
): number {
  if (text === undefined) return usual;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw wrongUse(`--${option} is ${JSON.stringify(text)}; give a whole number from 1 on`);
  return value;
}
