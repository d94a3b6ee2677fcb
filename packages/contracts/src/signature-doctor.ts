/** What may be wrong with a signed message, as the signature doctor names it. Stable: the console words them. */
export const signatureCauses = [
  // The signature itself.
  'signature_missing',
  'signature_unreadable',
  'base64_url_alphabet',
  'base64_white_space',
  'base64_padding',
  'base64_percent_encoded',
  'base64_plus_became_space',
  'hex_instead_of_base64',
  'sha1_instead_of_sha256',
  'other_hash',
  'probe',
  'scheme_not_spoken',
  // The key.
  'wrong_key',
  'wrong_serial',
  'unknown_serial',
  'own_key',
  'other_account_key',
  'mode_mismatch',
  'certificate_not_trusted',
  'certificate_expired',
  'certificate_of_stranger',
  'key_not_active',
  'secret_not_decoded',
  // What was signed.
  'content_differs',
  'body_reserialised',
  'body_left_out',
  'body_not_hashed',
  'body_trimmed',
  'extra_newline_in_body',
  'newline_missing_in_body',
  'line_endings',
  'byte_order_mark',
  'charset',
  'final_newline_missing',
  'literal_newlines',
  'lines_in_another_order',
  'method_case',
  'path_without_query',
  'path_with_host',
  'path_decoded',
  'plus_vs_percent20',
  'values_not_decoded',
  'values_decoded_twice',
  'values_encoded',
  'not_sorted',
  'sorted_ignoring_case',
  'sign_type_included',
  'sign_type_left_out',
  'signature_included',
  'empty_values_included',
  'empty_values_left_out',
  'field_left_out',
  'whole_body_signed',
  'not_hashed_first',
  'hash_in_upper_case',
  'separators_differ',
  // Around it.
  'field_missing',
  'stale_timestamp',
  'timestamp_in_milliseconds',
  'nonce_not_valid',
  'wrong_merchant',
  'cannot_decrypt',
] as const;
export type SignatureCause = (typeof signatureCauses)[number];

/** What kind of message was pasted. */
export const messageDirections = ['request', 'response', 'callback'] as const;
export type MessageDirection = (typeof messageDirections)[number];

/** Why a paste is no message that can be examined. */
export const pasteProblems = [
  'empty',
  'curl_command',
  'header_without_colon',
  'no_start_line',
  'no_message',
  'no_fields',
  'field_twice',
  'too_many_fields',
  'bad_percent_sign',
  'not_json',
] as const;
export type PasteProblem = (typeof pasteProblems)[number];

/** The longest message that is examined, in characters. */
export const maxPaste = 64 * 1024;
