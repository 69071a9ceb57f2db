/** Something wrong in one file. */
export interface Finding {
  /** Stable word of the rule, such as `unknown-property`. */
  readonly rule: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** One line for a terminal, in the form that editors link. */
export const formatFinding = (finding: Finding): string =>
  `${finding.file}:${finding.line} ${finding.rule}: ${finding.message}`;
