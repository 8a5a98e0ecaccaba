// An answer that did not come. kind: "offline", "busy", "signed_out", or "refused" with the server's own line.
export class Problem extends Error {
  constructor(kind, message = kind) {
    super(message);
    this.kind = kind;
  }
}

const WORD_BY_LINE = [
  [/^not a picture|not base64|empty file/, "upload_no_picture"],
  [/too large/, "upload_too_large"],
  [/blank/, "upload_blank"],
  [/damaged|cut off/, "upload_damaged"],
  [/at least 4/, "upload_tiny"],
  [/no page model/, "page_no_model"],
];

// The server's line about a picture in the reader's words, where they have some for it.
export function explainRefusal(line, words) {
  const key = WORD_BY_LINE.find(([pattern]) => pattern.test(line))?.[1];
  return key ? words.say(key) : line;
}

export function describeProblem(problem, words) {
  return problem instanceof Problem && problem.kind !== "refused"
    ? words.say(`problem_${problem.kind}`)
    : words.say("problem_refused", { reason: problem.message });
}
