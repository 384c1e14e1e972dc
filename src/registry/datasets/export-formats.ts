import { NatriumError } from '../../errors.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../records.ts';

/** How each format is named in files and answers. */
export const EXPORT_FILES: Readonly<Record<ExportFormat, { readonly extension: string; readonly mediaType: string }>> =
  {
    EXTXYZ: { extension: 'extxyz', mediaType: 'chemical/x-extxyz; charset=utf-8' },
    CSV: { extension: 'csv', mediaType: 'text/csv; charset=utf-8; header=present' },
    QCSCHEMA: { extension: 'jsonl', mediaType: 'application/x-ndjson' },
    ARROW: { extension: 'arrow', mediaType: 'application/vnd.apache.arrow.file' },
  };

/** The format of a file name's extension. Throws BAD_USER_INPUT for any other. */
export function exportFormatOf(fileName: string): ExportFormat {
  const extension = /\.([^./]+)$/.exec(fileName)?.[1];
  const format = EXPORT_FORMATS.find((each) => EXPORT_FILES[each].extension === extension);
  if (format === undefined) {
    const known = EXPORT_FORMATS.map((each) => `.${EXPORT_FILES[each].extension} (${each})`).join(', ');
    throw new NatriumError(
      'BAD_USER_INPUT',
      `${JSON.stringify(fileName.slice(0, 200))} names no format of export; a name ends with ${known}`,
    );
  }
  return format;
}

/** Where a server answers with the file; references are written `name/1`. */
export function exportPath(datasetVersion: string, format: ExportFormat, featureSet: string | null): string {
  const query = featureSet === null ? '' : `?featureSet=${encodeURIComponent(featureSet)}`;
  const [name, version] = datasetVersion.split('/');
  return `/exports/${encodeURIComponent(name)}/${version}.${EXPORT_FILES[format].extension}${query}`;
}

/** `na-dft-1.csv`; with features `na-dft-1-cn-1.csv`. */
export function exportFileName(datasetVersion: string, format: ExportFormat, featureSet: string | null): string {
  const names = featureSet === null ? [datasetVersion] : [datasetVersion, featureSet];
  return `${names.join('-').replaceAll('/', '-')}.${EXPORT_FILES[format].extension}`;
}
