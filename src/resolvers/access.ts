import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Caller } from '../registry/caller.ts';
import {
  ApiToken,
  CreateApiTokenInput,
  CreatedApiToken,
  RevokeApiTokenInput,
  Server,
  Viewer,
} from '../schema/access.ts';
import { knownId, type RequestContext, type ServerFacts } from './context.ts';
import { requestOf } from './mutation-request.ts';

@Resolver(() => Server)
export class AccessResolver {
  @Query(() => Viewer)
  viewer(@Ctx() { caller }: RequestContext): Caller {
    return caller;
  }

  @Query(() => Server)
  server(@Ctx() { server }: RequestContext): ServerFacts {
    return server;
  }

  @Mutation(() => CreatedApiToken, { description: 'Makes a key for the API; only an admin may.' })
  async createApiToken(
    @Arg('input', () => CreateApiTokenInput) input: CreateApiTokenInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const { tokenId, secret } = await registry.access.createToken(caller, requestOf('createApiToken', input), input);
    return { token: await load.apiTokens.load(tokenId), secret };
  }

  @Mutation(() => ApiToken, { description: 'The key stops working at once.' })
  async revokeApiToken(
    @Arg('input', () => RevokeApiTokenInput) input: RevokeApiTokenInput,
    @Ctx() { caller, registry, load }: RequestContext,
  ) {
    const id = await knownId(load.apiTokens, 'ApiToken', input.token);
    return load.apiTokens.load(await registry.access.revokeToken(caller, requestOf('revokeApiToken', input), id));
  }

  @FieldResolver(() => String)
  nodeVersion(): string {
    return process.version;
  }

  @FieldResolver(() => String)
  schemaVersion(@Root() _server: ServerFacts, @Ctx() { registry }: RequestContext): Promise<string> {
    return registry.store.schemaVersion();
  }
}
