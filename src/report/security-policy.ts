/**
 * Nothing from anywhere, and no script; styles are the page's own. The report says so itself too, for when it is read as a file.
 */
export const REPORT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
