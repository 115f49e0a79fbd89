/** How to answer a question of a run: complete command lines, the same on every page that tells of the question. */
import type { QuestionAnswer } from '../messages.js';
import type { Question } from '../types.js';

interface Choice {
  readonly answer: QuestionAnswer['answer'];
  readonly means: string;
}

const CHOICES: Readonly<Record<Question, readonly Choice[]>> = {
  labels: [
    { answer: 'proceed', means: 'go on with the labels there are' },
    { answer: 'shrink', means: 'train on a shorter window that has enough' },
    { answer: 'abort', means: 'stop' },
  ],
  assessment: [
    { answer: 'proceed', means: 'retrain all the same' },
    { answer: 'abort', means: 'stop' },
  ],
};

export const QUESTIONS: Readonly<Record<Question, string>> = {
  labels: 'what to do without the labels that are missing',
  assessment: 'whether to retrain in spite of what it found',
};

/** @returns a command a choice; the question is named, so that a late one answers no other */
export function answerLines(
  run: { readonly modelId: string; readonly runNo: number },
  question: Question,
  reason: string,
): (Choice & { readonly command: string })[] {
  return CHOICES[question].map((choice) => ({
    ...choice,
    command: `perennial answer ${run.modelId}/${run.runNo} ${choice.answer} --question ${question} --reason ${reason}`,
  }));
}

/** With Temporal's command line alone. */
export function answerSignal(run: { readonly modelId: string; readonly runNo: number }, question: Question): string {
  const payload = `{"answer":"proceed","question":"${question}","by":"your name","reason":"why"}`;
  return `temporal workflow signal --workflow-id retrain/${run.modelId}/${run.runNo} --name answerQuestionSignal --input '${payload}'`;
}
