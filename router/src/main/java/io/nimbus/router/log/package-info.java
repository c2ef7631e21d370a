/**
 * The access log. Event loops append lines to blocks of bytes; one thread carries full blocks to
 * the file, to syslog and to the apps' log streams.
 */
@NullMarked
package io.nimbus.router.log;

import org.jspecify.annotations.NullMarked;
