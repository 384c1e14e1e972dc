import type { EntityManager } from 'typeorm';
import type * as ports from '../registry/ports.ts';
import { query } from './query.ts';

/**
 * The curves of trials: rows while they grow, part of the outcome afterwards. There a Lasso's runs from its smallest alpha up, but
 * it was fitted from the largest one down.
 */
export class TrialCurves implements ports.TrialCurves {
  constructor(private readonly manager: EntityManager) {}

  async add(trialId: string, points: readonly Omit<ports.PlacedPoint, 'trialId'>[]): Promise<void> {
    if (points.length === 0) return;
    await query(this.manager, `DELETE FROM trial_points WHERE trial_id = $1 AND step >= $2`, [trialId, points[0].step]);
    await query(
      this.manager,
      `INSERT INTO trial_points (trial_id, step, point) SELECT $1, step, point FROM unnest($2::int[], $3::jsonb[]) AS p (step, point)`,
      [trialId, points.map(({ step }) => step), points.map(({ point }) => JSON.stringify(point))],
    );
  }

  async remove(trialId: string): Promise<void> {
    await query(this.manager, `DELETE FROM trial_points WHERE trial_id = $1`, [trialId]);
  }

  behind(trials: readonly Omit<ports.PlacedPoint, 'point'>[], limit: number): Promise<ports.PlacedPoint[]> {
    return query(
      this.manager,
      // OFFSET 0: an outcome is large, so it is unpacked once and not for every point
      `SELECT b.trial_id AS "trialId", p.step, p.point
       FROM unnest($1::bigint[], $2::int[]) AS b (trial_id, step) CROSS JOIN LATERAL (
         SELECT step, point FROM trial_points WHERE trial_id = b.trial_id AND step > b.step
         UNION ALL
         SELECT step, curve -> (CASE WHEN is_upside_down THEN points - step ELSE step - 1 END)
         FROM (
           SELECT outcome -> 'curve' AS curve, jsonb_array_length(outcome -> 'curve') AS points,
                  outcome ->> 'alpha' IS NOT NULL AS is_upside_down
           FROM trials WHERE id = b.trial_id AND outcome IS NOT NULL OFFSET 0
         ) o, generate_series(b.step + 1, least(b.step + $3::int, points)) AS step
         ORDER BY step LIMIT $3
       ) p
       ORDER BY b.trial_id, p.step LIMIT $3`,
      [trials.map(({ trialId }) => trialId), trials.map(({ step }) => step), limit],
    );
  }

  async count(trialId: string): Promise<number> {
    const [{ count }] = await query<{ count: number }[]>(
      this.manager,
      `SELECT ((SELECT count(*) FROM trial_points WHERE trial_id = t.id)
               + coalesce(jsonb_array_length(t.outcome -> 'curve'), 0))::int AS count
       FROM trials t WHERE t.id = $1`,
      [trialId],
    );
    return count;
  }
}
