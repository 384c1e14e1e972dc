import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import {
  INPUT_BASES,
  INPUT_METHODS,
  type InputBasis,
  type InputMethod,
  type InputOptions,
  type InputProgram,
} from '../chemistry/inputs/input-writer.ts';
import { Cluster } from './clusters.ts';
import { connectionOf, ListArgs } from './common.ts';
import { InputMethodEnum, InputProgramEnum } from './enums.ts';
import { ClusterFilter } from './filters.ts';

@ObjectType({
  description: 'A text with which a program computes the shieldings and gross orbital populations of a cluster.',
})
export class CalculationInput {
  @Field(() => String, {
    description:
      'Safe on every file system: label, or formula, and the first 16 digits of the identity of the cluster.',
  })
  fileName!: string;

  @Field(() => String, {
    description:
      'ASCII. It says which cluster it is for, in words that the output repeats, so that an imported output finds its cluster.',
  })
  text!: string;

  @Field(() => Cluster)
  cluster!: object;
}

export const CalculationInputConnection = connectionOf(() => CalculationInput, 'CalculationInput');

@ArgsType()
export class CalculationInputsArgs extends ListArgs {
  @Field(() => InputProgramEnum)
  program!: InputProgram;

  @Field(() => [ID], {
    nullable: true,
    description: 'These clusters, up to 200; those of them that match, with a filter.',
  })
  clusters?: string[] | null;

  @Field(() => ClusterFilter, { nullable: true, description: 'All clusters that match.' })
  filter?: object | null;

  @Field(() => InputMethodEnum, {
    nullable: true,
    description: `One of ${INPUT_METHODS.join(', ')}; B3LYP unless given.`,
  })
  method?: InputMethod | null;

  @Field(() => String, {
    nullable: true,
    description: `One of ${INPUT_BASES.join(', ')}; 6-31G(d) unless given. The d functions are the six Cartesian ones, but ORCA has five only.`,
  })
  basis?: string | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description:
      'Singlets without restriction, from a guess that mixes HOMO and LUMO, so that open-shell ones are found.',
  })
  openShellSinglet!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Test the solution and follow it down to a stable one. NWChem cannot.',
  })
  stabilityCheck!: boolean;

  @Field(() => Int, { nullable: true, description: 'What the program takes by itself unless given.' })
  processors?: number | null;

  @Field(() => Int, { nullable: true, description: 'Of the whole job; what the program takes by itself unless given.' })
  memoryMegabytes?: number | null;
}

/** The options of the inputs that are asked for. */
export function inputOptionsOf(args: CalculationInputsArgs): Omit<InputOptions, 'label'> {
  return {
    method: args.method ?? undefined,
    basis: (args.basis ?? undefined) as InputBasis | undefined,
    openShellSinglet: args.openShellSinglet,
    stabilityCheck: args.stabilityCheck,
    processors: args.processors ?? undefined,
    memoryMegabytes: args.memoryMegabytes ?? undefined,
  };
}
