import { Column, Entity } from 'typeorm';
import type { GenerationParameters } from '../../chemistry/s-blda/generator.ts';
import type { ClusterRun, ClusterRunKind, RelaxationSettings } from '../../registry/records.ts';
import { WorkEntity } from './work.ts';

@Entity({ name: 'cluster_runs' })
export class ClusterRunEntity extends WorkEntity implements ClusterRun {
  @Column('text')
  kind!: ClusterRunKind;

  @Column('jsonb')
  settings!: GenerationParameters | RelaxationSettings;

  @Column('integer')
  total!: number;
}
