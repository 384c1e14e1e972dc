import { randomBytes } from 'node:crypto';
import { NatriumError } from '../errors.ts';
import { type Caller, requireRole } from './caller.ts';
import { sha256Hex } from './canonical-json.ts';
import { type MutationRequest, type Mutations } from './mutations.ts';
import { checkText } from './names.ts';
import type { Store } from './ports.ts';
import type { Role } from './records.ts';

const SECRET_PREFIX = 'natrium_';

/** API tokens: random secrets of which only the sha256 is stored. */
export class Access {
  constructor(
    private readonly store: Store,
    private readonly mutations: Mutations,
  ) {}

  async authenticate(secret: string): Promise<Caller> {
    const token = await this.store.apiTokens.findOne({ secretSha256: sha256Hex(secret) });
    if (token === null || token.revokedAt !== null) {
      const reason = token === null ? 'is unknown' : `was revoked by ${token.revokedBy}`;
      throw new NatriumError(
        'UNAUTHENTICATED',
        `the API token ${reason}; an admin can make one with the mutation createApiToken`,
      );
    }
    return { name: token.name, role: token.role, scope: `token:${token.id}` };
  }

  /** The secret is in this answer only; a repeated request with the same key answers without it. */
  async createToken(
    caller: Caller,
    request: MutationRequest,
    input: { readonly name: string; readonly role: Role },
  ): Promise<{ readonly tokenId: string; readonly secret: string | null }> {
    requireRole(caller, 'ADMIN');
    checkText('name', input.name, 100);
    let secret: string | null = null;
    const tokenId = await this.mutations.run(caller, request, async (store) => {
      secret = `${SECRET_PREFIX}${randomBytes(32).toString('base64url')}`;
      const token = await store.apiTokens.insert({
        name: input.name,
        role: input.role,
        secretSha256: sha256Hex(secret),
        revokedAt: null,
        revokedBy: null,
        createdBy: caller.name,
      });
      return token.id;
    });
    return { tokenId, secret };
  }

  revokeToken(caller: Caller, request: MutationRequest, tokenId: string): Promise<string> {
    requireRole(caller, 'ADMIN');
    return this.mutations.run(caller, request, async (store) => {
      const [token] = await store.apiTokens.getMany([tokenId]);
      if (!token) throw new NatriumError('NOT_FOUND', `there is no API token ${tokenId}`);
      if (token.revokedAt === null) {
        await store.apiTokens.update(tokenId, { revokedAt: new Date(), revokedBy: caller.name });
      }
      return tokenId;
    });
  }
}
