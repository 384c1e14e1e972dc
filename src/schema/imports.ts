import { ArgsType, Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { FileFormat } from '../chemistry/formats.ts';
import type { ImportContent, ItemStatus } from '../registry/records.ts';
import { connectionOf, MutationInput, PageArgs, Recorded } from './common.ts';
import { FileFormatEnum, ImportContentEnum, ImportStatusEnum, RunStateEnum } from './enums.ts';
import { ImportedItem, LevelOfTheoryInput } from './import-report.ts';

@ObjectType({ implements: Recorded, description: 'A file on its way in, or come in.' })
export class Upload extends Recorded {
  @Field(() => String)
  fileName!: string;

  @Field(() => Date)
  expiresAt!: Date;

  @Field(() => String, {
    nullable: true,
    description: 'sha256 of the file, once an import has taken it; its bytes are kept under that name.',
  })
  sha256!: string | null;
}

@ObjectType({
  implements: Recorded,
  description: 'A background import of uploads. An import that was interrupted goes on where it stopped.',
})
export class Import extends Recorded {
  @Field(() => ImportContentEnum)
  content!: string;

  @Field(() => FileFormatEnum, { nullable: true, description: 'Null: as each file begins.' })
  format!: string | null;

  @Field(() => RunStateEnum)
  state!: string;

  @Field(() => String, { nullable: true, description: 'Why it failed, or, while it is tried again, why it did last.' })
  failure!: string | null;

  @Field(() => Int)
  inserted!: number;

  @Field(() => Int)
  existing!: number;

  @Field(() => Int)
  rejected!: number;

  @Field(() => Int, { name: 'uploadsDone', description: 'How many of the uploads were read to their end.' })
  nextUpload!: number;

  @Field(() => Date, { nullable: true })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;
}

export const ImportConnection = connectionOf(() => Import, 'Import');
export const ImportedItemConnection = connectionOf(() => ImportedItem, 'ImportedItem');

@ArgsType()
export class ItemArgs extends PageArgs {
  @Field(() => ImportStatusEnum, { nullable: true, description: 'Only items with this status.' })
  status?: ItemStatus | null;
}

@InputType()
export class RequestUploadInput extends MutationInput {
  @Field(() => String, {
    description:
      'Name of a file of any known format, of such a file packed by gzip, or of a .tar, .tar.gz or .zip archive.',
  })
  fileName!: string;

  @Field(() => Float, {
    nullable: true,
    description:
      'Length of the file. Give it: what was put and has another length is not imported, and not every S3 server refuses what ' +
      'breaks off on the way.',
  })
  byteLength?: number | null;
}

@InputType()
export class StartImportInput extends MutationInput {
  @Field(() => [ID], { description: 'Uploads to whose addresses files were put.' })
  uploads!: string[];

  @Field(() => ImportContentEnum, { defaultValue: 'CALCULATIONS' })
  content!: ImportContent;

  @Field(() => FileFormatEnum, { nullable: true, description: 'As each file begins, unless given.' })
  format?: FileFormat;

  @Field(() => LevelOfTheoryInput, { nullable: true, description: 'For items that name none themselves.' })
  levelOfTheory?: LevelOfTheoryInput;
}

@InputType()
export class ImportInput extends MutationInput {
  @Field(() => ID)
  import!: string;
}
