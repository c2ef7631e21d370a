/**
 * HTTP/1 heads and chunks, read strictly: what two readers could understand differently is refused,
 * so that nobody can smuggle a request past this router into a connection that is shared.
 */
@NullMarked
package io.nimbus.router.http;

import org.jspecify.annotations.NullMarked;
