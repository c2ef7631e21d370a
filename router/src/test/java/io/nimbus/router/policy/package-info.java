@NullMarked
package io.nimbus.router.policy;

import org.jspecify.annotations.NullMarked;
