import { invalid } from './invalid.ts';

/** @throws SlipwayError INVALID_PARAMETER_VALUE when the text is longer than `max` characters */
export const checkLength = (parameter: string, text: string, max: number): string => {
  if (text.length > max) throw invalid(`'${parameter}' exceeds the maximum length of ${max} characters`);
  return text;
};
