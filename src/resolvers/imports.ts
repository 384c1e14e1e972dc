import { Arg, Args, Ctx, FieldResolver, Float, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type * as records from '../registry/records.ts';
import { ListArgs } from '../schema/common.ts';
import { ImportFilter } from '../schema/filters.ts';
import { idOf, toGlobalId } from '../schema/ids.ts';
import {
  Import,
  ImportConnection,
  ImportedItemConnection,
  ImportInput,
  ItemArgs,
  RequestUploadInput,
  StartImportInput,
  Upload,
} from '../schema/imports.ts';
import { knownId, type RequestContext } from './context.ts';
import { requestOf } from './mutation-request.ts';
import { connect, itemPage } from './paging.ts';

@Resolver(() => Upload)
export class UploadResolver {
  @Query(() => Upload, { nullable: true })
  upload(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.uploads.load(idOf('Upload', id));
  }

  @Mutation(() => Upload, {
    description: 'An address to PUT a large file to, for a day; startImport then brings it in.',
  })
  async requestUpload(
    @Arg('input', () => RequestUploadInput) input: RequestUploadInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    return load.uploads.load(
      await registry.uploads.request(
        caller,
        requestOf('requestUpload', input),
        input.fileName,
        input.byteLength ?? null,
      ),
    );
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'PUT the bytes of the file here; no token is needed. Null once that is over, and for others than its maker.',
  })
  async url(@Root() upload: records.Upload, @Ctx() { caller, registry, baseUrl }: RequestContext) {
    if (caller.name !== upload.createdBy) return null;
    const address = await registry.uploads.address(upload);
    return address && new URL(address, baseUrl).href;
  }

  @FieldResolver(() => Float, { nullable: true, description: 'Length of the file, once an import has taken it.' })
  byteLength(@Root() upload: records.Upload): number | null {
    return upload.byteLength === null ? null : Number(upload.byteLength);
  }
}

@Resolver(() => Import)
export class ImportResolver {
  @Query(() => Import, { nullable: true })
  import(@Arg('id', () => ID) id: string, @Ctx() { load }: RequestContext) {
    return load.imports.load(idOf('Import', id));
  }

  @Query(() => ImportConnection)
  imports(
    @Args(() => ListArgs) args: ListArgs,
    @Arg('filter', () => ImportFilter, { nullable: true }) filter: object | null,
    @Ctx() { registry }: RequestContext,
  ) {
    return connect(registry.store.imports, args, filter);
  }

  @Mutation(() => Import, { description: 'Queues an import of files that were put; watch it with the query import.' })
  async startImport(
    @Arg('input', () => StartImportInput) input: StartImportInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await registry.importRequests.start(caller, requestOf('startImport', input), {
      uploadIds: await Promise.all(input.uploads.map((each) => knownId(load.uploads, 'Upload', each))),
      content: input.content,
      format: input.format ?? null,
      levelOfTheory: input.levelOfTheory ?? null,
    });
    return load.imports.load(id);
  }

  @Mutation(() => Import, { description: 'Ends an import where it is; what it brought in stays.' })
  async cancelImport(
    @Arg('input', () => ImportInput) input: ImportInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.imports, 'Import', input.import);
    return load.imports.load(await registry.importRequests.cancel(caller, requestOf('cancelImport', input), id));
  }

  @Mutation(() => Import, { description: 'Lets a failed or cancelled import go on where it stopped.' })
  async resumeImport(
    @Arg('input', () => ImportInput) input: ImportInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.imports, 'Import', input.import);
    return load.imports.load(await registry.importRequests.resume(caller, requestOf('resumeImport', input), id));
  }

  @FieldResolver(() => [Upload])
  uploads(@Root() root: records.Import, @Ctx() { load }: RequestContext) {
    return load.uploads.loadMany([...root.uploadIds]);
  }

  @FieldResolver(() => String, { description: 'The report as CSV, a row an item: GET it with the same token.' })
  reportUrl(@Root() root: records.Import, @Ctx() { baseUrl }: RequestContext): string {
    return new URL(`/imports/${toGlobalId('Import', root.id)}/report.csv`, baseUrl).href;
  }

  @FieldResolver(() => ImportedItemConnection, { description: 'What became of each item so far, in order.' })
  items(@Root() root: records.Import, @Args(() => ItemArgs) args: ItemArgs, @Ctx() { registry }: RequestContext) {
    return itemPage((page) => registry.store.importItems(root.id, page), root, args);
  }
}
