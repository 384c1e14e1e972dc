import { Column, Entity } from 'typeorm';
import type { ApiToken, Role } from '../../registry/records.ts';
import { RecordedEntity } from './recorded.ts';

@Entity({ name: 'api_tokens' })
export class ApiTokenEntity extends RecordedEntity implements ApiToken {
  @Column('text')
  name!: string;

  @Column('text')
  role!: Role;

  @Column('text')
  secretSha256!: string;

  @Column('timestamptz', { nullable: true })
  revokedAt!: Date | null;

  @Column('text', { nullable: true })
  revokedBy!: string | null;
}
