@NullMarked
package io.nimbus.router.metrics;

import org.jspecify.annotations.NullMarked;
