/** Keywords that name a method, in the order in which ORCA's manual lists them; the one found first in the input counts. */
const FUNCTIONALS = (
  'HFLDA LDA LSD VWN VWN5 VWN3 PWLDA BP86 BP BLYP OLYP GLYP XLYP PW91 MPWPW MPWLYP PBE RPBE REVPBE RPW86PBE PWP B97-3C ' +
  'B97-D B97-D3 B97-D4 B97M-V B97M-D3BJ B97M-D4 SCANFUNC R2SCAN R2SCAN-3C RSCAN M06L TPSS REVTPSS KT2 KT3 B1LYP B3LYP ' +
  'B3LYP/G B3LYP-D3 B3LYP-D4 O3LYP X3LYP B1P B3P B3PW PW1PW MPW1PW MPW1LYP PBE0 REVPBE0 REVPBE38 BHANDHLYP PBEH-3C B3LYP-3C ' +
  'HF-3C M06 M062X PW6B95 TPSSH TPSS0 R2SCANH R2SCAN0 R2SCAN50 WB97 WB97X WB97X-D3 WB97X-D4 WB97X-D4REV WB97X-D3BJ WB97X-V ' +
  'WB97M-V WB97M-D3BJ WB97M-D4 WB97M-D4REV WB97X-3C CAM-B3LYP LC-BLYP LC-PBE LRC-PBE LRC-PBEH B2PLYP MPW2PLYP B2GP-PLYP ' +
  'B2K-PLYP B2T-PLYP PWPB95 PBE-QIDH PBE0-DH DSD-BLYP DSD-PBEP86 DSD-PBEB95 WB2PLYP WB2GP-PLYP REVDSD-PBEP86/2021 ' +
  'WPBEPP86 SCS-WPBEPP86 SOS-WPBEPP86 WB88PP86 SCS-WB88PP86 SOS-WB88PP86 SCS/SOS-WB2PLYP SCS-B2GP-PLYP21 SOS-B2GP-PLYP21 ' +
  'SCS-PBE-QIDH SOS-PBE-QIDH SCS-WB2GP-PLYP SOS-WB2GP-PLYP SCS-RSX-QIDH SOS-RSX-QIDH RSX-QIDH RSX-0DH PR2SCAN50 PR2SCAN69 ' +
  'KPR2SCAN50 WPR2SCAN50 WR2SCAN REVDSD-PBEP86-D4/2021'
).split(' ');
const KNOWN = new Set(FUNCTIONALS);
/** Methods beyond the SCF, however their orbitals are localised and whatever state they are for: `DLPNO-CCSD(T1)`. */
const CORRELATED =
  /(?:^|-)(?:MP[234](?:\([SDTQ]+\))?|CC2|CCSDT?(?:\(T[01]?\))?|Q?CISD(?:\(T\))?|CEPA\/\d|ADC[23]|ROCIS|NEVPT2)(?:-F12)?$/;

/** What ORCA prints of the Hamiltonian, and the keywords of the input. */
export interface OrcaSettings {
  /** The `!` lines of each job of the input, upper case. */
  readonly keywords: string[][];
  /** Number of the job that runs, from 1. */
  job: number;
  /** Null where the Hamiltonian was not printed. */
  isDft: boolean | null;
  /** RHF, UHF or ROHF. */
  reference: string | null;
  exchange: string | null;
  correlation: string | null;
}

export function orcaSettings(): OrcaSettings {
  return { keywords: [[]], job: 1, isDft: null, reference: null, exchange: null, correlation: null };
}

/**
 * The method of the job that runs: ORCA prints only the parts of a functional, so the keyword of the input names it; without
 * one the parts do (`B88-LYP`), and for Hartree-Fock the reference (`RHF`).
 */
export function orcaMethod(settings: OrcaSettings): string | null {
  const { keywords, job, isDft, reference, exchange, correlation } = settings;
  const own = keywords[job - 1] ?? keywords[keywords.length - 1] ?? [];
  const named = own.find(
    (keyword) => CORRELATED.test(keyword) || (KNOWN.has(keyword) && (isDft !== false || keyword === 'HF-3C')),
  );
  if (named !== undefined) return named;
  if (isDft === null) return reference ?? own.find((keyword) => /^[RU]?O?HF$/.test(keyword)) ?? null;
  if (!isDft) return reference;
  return exchange === null ? null : [exchange, correlation].filter((part) => part !== null).join('-');
}
