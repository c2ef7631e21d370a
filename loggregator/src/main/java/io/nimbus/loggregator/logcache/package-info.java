/** log-cache's HTTP interface, by which cf CLI 6.50 and later reads. */
@NullMarked
package io.nimbus.loggregator.logcache;

import org.jspecify.annotations.NullMarked;
