import { Field, InputType, Int, ObjectType } from 'type-graphql';
import type { FileFormat } from '../chemistry/formats.ts';
import { MutationInput } from './common.ts';
import { FileFormatEnum, ImportStatusEnum } from './enums.ts';

@ObjectType()
export class ItemError {
  @Field(() => String, { description: 'As `extensions.code` of an error.' })
  code!: string;

  @Field(() => String)
  message!: string;
}

@ObjectType({ description: 'What became of one item of an imported file.' })
export class ImportedItem {
  @Field(() => String, { description: 'Name of the file; of one in an archive, behind the name of that.' })
  file!: string;

  @Field(() => Int, { description: 'Line of the file where the item begins.' })
  line!: number;

  @Field(() => String, { nullable: true })
  label!: string | null;

  @Field(() => ImportStatusEnum)
  status!: string;

  @Field(() => ItemError, { nullable: true })
  error!: ItemError | null;
}

@ObjectType({ description: 'An import keeps what is good and answers for what is not.' })
export class ImportReport {
  @Field(() => String)
  fileName!: string;

  @Field(() => String, {
    nullable: true,
    description: 'sha256 of the stored file; null if nothing in it was accepted.',
  })
  sourceSha256!: string | null;

  @Field(() => [ImportedItem])
  items!: ImportedItem[];
}

@InputType()
export class LevelOfTheoryInput {
  @Field(() => String)
  program!: string;

  @Field(() => String)
  version!: string;

  @Field(() => String)
  method!: string;

  @Field(() => String)
  basis!: string;
}

@InputType()
export class ImportStructuresInput extends MutationInput {
  @Field(() => String)
  fileName!: string;

  @Field(() => String, { description: 'The text of the file, up to 8 MiB.' })
  content!: string;

  @Field(() => FileFormatEnum, { nullable: true, description: 'As the content begins, unless given.' })
  format?: FileFormat;
}

@InputType()
export class ImportCalculationsInput extends ImportStructuresInput {
  @Field(() => LevelOfTheoryInput, { nullable: true, description: 'For items that name none themselves.' })
  levelOfTheory?: LevelOfTheoryInput;
}
