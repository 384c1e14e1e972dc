import { Readable } from 'node:stream';
import { SPLITS } from '../../chemistry/calculation-record.ts';
import { NatriumError } from '../../errors.ts';
import { type Caller, requireRole } from '../caller.ts';
import { parseReference } from '../names.ts';
import type { ArtifactStore, ByteRange, GrowingFile, Store, TemporaryFiles } from '../ports.ts';
import type { Export, ExportFormat, FeatureSet } from '../records.ts';
import { References } from '../references.ts';
import { type ExportContent, exportBytes } from './export-bytes.ts';
import { EXPORT_FILES, exportFileName } from './export-formats.ts';

/** Each is work for the event loop and for the disk; the others wait. */
const MADE_AT_ONCE = 2;

/** A file whose bytes are known and stay. */
export interface MadeExport {
  readonly sha256: string;
  readonly byteLength: number;
  /** Throws as `ArtifactStore.read` does; what is damaged or missing is made again when it is asked for next. */
  read(range?: ByteRange): Promise<Readable>;
}

/** A file that nobody has asked for before. */
export interface UnmadeExport {
  /** The bytes as they are made, from the first one on; rejects when making fails before there is any. */
  follow(): Promise<Readable>;
  /** Makes it, and waits until that is done. */
  made(): Promise<MadeExport>;
}

export interface OpenExport {
  readonly fileName: string;
  readonly mediaType: string;
  readonly state: MadeExport | UnmadeExport;
}

/** Data set versions as files. */
export class Exports {
  private readonly makings = new Map<string, Making>();
  private readonly removals = new Set<Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private readonly closing = new AbortController();
  /** Artifacts that were found damaged or missing. */
  private readonly lost = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly artifacts: ArtifactStore,
    private readonly temporaryFiles: TemporaryFiles,
  ) {}

  /**
   * The file of a data set version, `name/1`, in a format; in CSV with the values of a feature set, `name/1`. Nothing is made
   * before the bytes are asked for.
   */
  async open(
    caller: Caller,
    reference: string,
    format: ExportFormat,
    featureSetReference: string | null,
  ): Promise<OpenExport> {
    requireRole(caller, 'READER');
    const version = await new References(this.store).datasetVersion(reference);
    const [dataset] = await this.store.datasets.getMany([version.datasetId]);
    const featureSet =
      featureSetReference === null ? null : await this.featureSet(format, version.id, featureSetReference);
    const content = { dataset: dataset!, version, format, featureSet };
    const featureSetId = featureSet?.id ?? null;
    const existing = await this.store.exports.findOne({ datasetVersionId: version.id, format, featureSetId });
    return {
      fileName: exportFileName(reference, format, featureSetReference),
      mediaType: EXPORT_FILES[format].mediaType,
      state:
        existing !== null && !this.lost.has(existing.sha256)
          ? this.madeExport(existing)
          : {
              follow: () => this.making(caller, content).follow(),
              made: async () => this.madeExport(await this.making(caller, content).done),
            },
    };
  }

  /** Stops what is being made and waits until it has stopped; those who follow it see an error. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled([...this.makings.values()].map((making) => making.done));
    await Promise.all(this.removals);
  }

  private async featureSet(format: ExportFormat, versionId: string, reference: string): Promise<FeatureSet> {
    if (format !== 'CSV') {
      throw new NatriumError('BAD_USER_INPUT', `features stand in CSV only, not in ${format}; leave featureSet out`);
    }
    const { name, version, alias } = parseReference('feature set', reference);
    if (version === null && alias === null) {
      throw new NatriumError(
        'BAD_USER_INPUT',
        `${JSON.stringify(reference)} names no version, and an export never changes; write ${name}/1`,
      );
    }
    const featureSet = await new References(this.store).featureSet(reference);
    const labels = featureSet.definition.grossOrbitalPopulations?.labels;
    const lacking = labels && (await this.store.versionMembers.withoutPopulations(versionId, SPLITS, labels));
    if (lacking) {
      throw new NatriumError(
        'FEATURES_UNAVAILABLE',
        `${lacking} lacks gross orbital populations that ${reference} needs; use a feature set that all calculations have`,
        { calculation: lacking },
      );
    }
    return featureSet;
  }

  private madeExport({ sha256, byteLength }: Export): MadeExport {
    const noticed = (error: unknown) => {
      if (error instanceof NatriumError && error.code === 'CORRUPT_ARTIFACT') this.lost.add(sha256);
    };
    return {
      sha256,
      byteLength: Number(byteLength),
      read: async (range) => {
        try {
          const source = await this.artifacts.read(sha256, range);
          const stream = range === undefined ? noLonger(source, Number(byteLength), sha256) : source;
          return stream.once('error', noticed);
        } catch (error) {
          noticed(error);
          throw error;
        }
      },
    };
  }

  /** The making of a file, under way already if somebody else asked for it. */
  private making(caller: Caller, content: ExportContent): Making {
    const key = [content.version.id, content.format, content.featureSet?.id ?? '-'].join(' ');
    const existing = this.makings.get(key);
    if (existing !== undefined) return existing;
    const making = new Making((begin) =>
      this.inTurn(() => this.make(caller, content, begin)).finally(() => this.makings.delete(key)),
    );
    this.makings.set(key, making);
    return making;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running === MADE_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }

  private async make(caller: Caller, content: ExportContent, begin: (file: GrowingFile) => void): Promise<Export> {
    this.checkOpen();
    const file = await this.temporaryFiles.create();
    try {
      for await (const bytes of exportBytes(this.store, content)) {
        this.checkOpen();
        await file.append(bytes);
        begin(file);
      }
      const stored = await this.keep(caller, content, file);
      // only now: whoever has the whole of it has what everybody will get
      file.finish();
      return stored;
    } catch (error) {
      file.fail(error as Error);
      throw error;
    } finally {
      // not waited for: who asks now must find either this making with its file or none
      const removal = file.remove().catch(() => {});
      this.removals.add(removal);
      void removal.then(() => this.removals.delete(removal));
    }
  }

  private async keep(caller: Caller, content: ExportContent, file: GrowingFile): Promise<Export> {
    const { sha256, byteLength } = await this.artifacts.putFile(file.path);
    this.checkOpen();
    const { dataset, version, format, featureSet } = content;
    const key = { datasetVersionId: version.id, format, featureSetId: featureSet?.id ?? null };
    const reference = `${dataset.name}/${version.version}`;
    const stored = await this.store.transaction(async (store) => {
      const about = { sha256, byteLength: String(byteLength), createdBy: caller.name };
      await store.recordArtifact({
        ...about,
        mediaType: EXPORT_FILES[format].mediaType,
        fileName: exportFileName(reference, format, featureSet && `${featureSet.name}/${featureSet.version}`),
      });
      const inserted = await store.exports.insertUnlessExists({ ...key, ...about }, [
        'datasetVersionId',
        'format',
        'featureSetId',
      ]);
      const existing = inserted ?? (await store.exports.findOne(key))!;
      if (existing.sha256 === sha256) return existing;
      throw new NatriumError(
        'CORRUPT_ARTIFACT',
        `${reference} was exported as ${format} before, with other bytes (sha256 ${existing.sha256}), and stays as it was: ` +
          'ask again; if it is missing from the artifact store, restore it from a backup.',
        { sha256: existing.sha256 },
      );
    });
    this.lost.delete(sha256);
    return stored;
  }

  private checkOpen(): void {
    if (this.closing.signal.aborted) {
      throw new NatriumError('UNAVAILABLE', 'the server stops; ask again when it is back');
    }
  }
}

/**
 * The bytes of a file whose length was announced: nothing beyond it goes out, and its end only when it is known to be the end, so
 * that a file that has grown in the store is found damaged, and not taken for whole.
 */
function noLonger(source: Readable, byteLength: number, sha256: string): Readable {
  async function* counted(): AsyncGenerator<Buffer> {
    let held: Buffer | null = null;
    let length = 0;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > byteLength) {
        const message = `Artifact ${sha256} is damaged: it has more than its ${byteLength} bytes; ask again, and it is made anew.`;
        throw new NatriumError('CORRUPT_ARTIFACT', message, { sha256, reason: 'damaged' });
      }
      if (held !== null) yield held;
      held = chunk;
    }
    if (held !== null) yield held;
  }
  return Readable.from(counted(), { objectMode: false });
}

/** One file in the making, and those who wait for it. */
class Making {
  readonly done: Promise<Export>;
  private readonly begun: Promise<GrowingFile>;

  constructor(make: (begin: (file: GrowingFile) => void) => Promise<Export>) {
    let begin: (file: GrowingFile) => void = () => {};
    const begun = new Promise<GrowingFile>((resolve) => {
      begin = resolve;
    });
    this.done = make(begin);
    this.begun = Promise.race([begun, this.done.then(() => begun)]);
    // whoever waits is told; it may be that nobody waits
    this.begun.catch(() => {});
  }

  async follow(): Promise<Readable> {
    return (await this.begun).follow();
  }
}
