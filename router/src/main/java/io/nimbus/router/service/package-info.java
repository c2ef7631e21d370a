/**
 * Route services: somebody else's proxy between the router and an app. The router vouches for what
 * it sends there, and recognizes its own word when the request comes back.
 */
@NullMarked
package io.nimbus.router.service;

import org.jspecify.annotations.NullMarked;
