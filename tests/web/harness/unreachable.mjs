// What the browser says of a request to a proxy that is not there, or ends. An answer that breaks the rules of
// HTTP is none of these.
export const unreachable = /net::ERR_(CONNECTION_\w+|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|SOCKET_NOT_CONNECTED|NETWORK_\w+|ABORTED)\b/;
