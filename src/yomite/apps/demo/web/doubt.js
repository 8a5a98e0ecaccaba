// When a character that was read is marked as doubtful: less sure than this.
export const DOUBTFUL = 0.7;
