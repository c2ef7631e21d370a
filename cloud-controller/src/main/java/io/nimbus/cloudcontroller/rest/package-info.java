/**
 * The REST engine. A {@link io.nimbus.cloudcontroller.rest.Resource} is declared; {@link
 * io.nimbus.cloudcontroller.rest.Engine} makes routes, decoding, filters, paging, inlining,
 * permissions and errors of the declaration. What is irregular is a plain {@link
 * io.nimbus.cloudcontroller.rest.Route} beside it. This package alone sees the HTTP server.
 */
@NullMarked
package io.nimbus.cloudcontroller.rest;

import org.jspecify.annotations.NullMarked;
