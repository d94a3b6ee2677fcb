/** The languages in which rules are put into words. */
export type Language = 'en' | 'zh';
