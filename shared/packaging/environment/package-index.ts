/** One file of a project on a package index. */
export interface IndexFile {
  readonly fileName: string;
  readonly url: string;
  /** Hex; absent when the index does not say. */
  readonly sha256?: string;
  readonly size?: number;
  /** A PEP 440 specifier such as `>=3.9`. */
  readonly requiresPython?: string;
  /** The reason, perhaps empty; absent when the file is not yanked. */
  readonly yanked?: string;
}

/**
 * A package index with PEP 691's JSON.
 *
 * @see https://packaging.python.org/en/latest/specifications/simple-repository-api/
 */
export interface PackageIndex {
  /**
   * All files of a project, by its normalised name; undefined when the index does not know it.
   *
   * @throws SlipwayError TEMPORARILY_UNAVAILABLE when the index does not answer
   */
  filesOf(project: string): Promise<readonly IndexFile[] | undefined>;
}
