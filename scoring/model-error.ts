/** The model failed on data that fits its signature. MLflow answers 400 to that, Azure ML 500. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}
