/** Tells whoever ran a command, on standard output. */
export type Print = (line: string) => void;
