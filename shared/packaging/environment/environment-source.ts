/** What a model folder says about its Python environment: the texts of its files, read but not judged. */
export interface EnvironmentSource {
  readonly condaYaml?: string;
  readonly pythonEnvYaml?: string;
  readonly requirementsTxt?: string;
  /** `constraints.txt`, which requirements may name. */
  readonly constraintsTxt?: string;
  /** The Python that the model was logged with, such as `3.11.7`; `flavors.python_function.python_version`. */
  readonly pythonVersion?: string;
}
