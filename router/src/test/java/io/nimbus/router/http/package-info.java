@NullMarked
package io.nimbus.router.http;

import org.jspecify.annotations.NullMarked;
